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

// What scripts hold: objects, numbers, text, and the memory of their buffers. Not what the browser
// keeps beside them, of which it has bounds of its own: as long as a page runs it compiles again,
// and better, whatever runs often, and writes down how long everything took. Of 1.78 MB in the
// first three minutes of a match compiled code was 1.15, such notes 0.29, one buffer that grew
// 0.21.
async function script_bytes(cdp) {
  const chunks = [];
  const on_chunk = ({ chunk }) => chunks.push(chunk);
  cdp.on('HeapProfiler.addHeapSnapshotChunk', on_chunk);
  await cdp.send('HeapProfiler.takeHeapSnapshot');
  cdp.off('HeapProfiler.addHeapSnapshotChunk', on_chunk);
  const { snapshot: { meta }, nodes, strings } = JSON.parse(chunks.join(''));
  const [type, name, size] = ['type', 'name', 'self_size'].map(
    (field) => meta.node_fields.indexOf(field));
  const kinds = meta.node_types[type];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) {
    const kind = kinds[nodes[at + type]];
    const is_script = kind === 'native'
      ? strings[nodes[at + name]].endsWith('JSArrayBufferData') : kind !== 'code';
    if (is_script) bytes += nodes[at + size];
  }
  return bytes;
}

// Of what is still reachable. `cdp`: a session with the page, in which Performance is enabled.
export async function held_by(page, cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const number = (name) => metrics.find((metric) => metric.name === name).value;
  return {
    script_bytes: await script_bytes(cdp),
    nodes: number('Nodes'),
    listeners: number('JSEventListeners'),
    webgl_objects: await page.evaluate(() => window.webgl_objects),
  };
}
