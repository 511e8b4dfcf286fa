// What a page holds on to, counted: by the browser, and for WebGL by the page's own calls.

const kinds = [
  'Texture', 'Buffer', 'Program', 'Shader', 'Framebuffer', 'Renderbuffer', 'VertexArray'];

// To be called before the page is loaded.
export function count_webgl_objects(page) {
  return page.addInitScript((kinds) => {
    window.webgl_objects = 0;
    const { prototype } = WebGL2RenderingContext;
    for (const kind of kinds) {
      const { [`create${kind}`]: create, [`delete${kind}`]: remove } = prototype;
      prototype[`create${kind}`] = function (...how) {
        window.webgl_objects += 1;
        return create.apply(this, how);
      };
      prototype[`delete${kind}`] = function (object) {
        window.webgl_objects -= object ? 1 : 0;
        return remove.call(this, object);
      };
    }
  }, kinds);
}

// Of what is still reachable. `cdp`: a session with the page, in which Performance is enabled.
export async function held_by(page, cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const number = (name) => metrics.find((metric) => metric.name === name).value;
  return {
    heap_bytes: number('JSHeapUsedSize'),
    nodes: number('Nodes'),
    listeners: number('JSEventListeners'),
    webgl_objects: await page.evaluate(() => window.webgl_objects),
  };
}
