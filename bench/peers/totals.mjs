// How a peer in Node.js ends: on SIGTERM or SIGINT with one line of JSON, what it counted and what
// it used of the machine.

export function print_totals_at_end(counts) {
  const end = () => {
    const usage = process.resourceUsage();
    process.stdout.write(`${JSON.stringify({
      ...counts(),
      cpu_user_s: usage.userCPUTime / 1e6,
      cpu_sys_s: usage.systemCPUTime / 1e6,
      rss_kib: Math.round(process.memoryUsage.rss() / 1024),
      ctx_voluntary: usage.voluntaryContextSwitches,
      ctx_involuntary: usage.involuntaryContextSwitches,
    })}\n`, () => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
