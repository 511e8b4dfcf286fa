// What is loaded later, when somebody wants it: a script with a style of its own.

function add_style(href: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`${href} did not come`));
    };
    document.head.append(link);
  });
}

// What /NAME.js exports, once its style is there, too. Nothing: the server did not give it; whoever
// asks again may find it.
export async function load_bundle<Exports>(name: string): Promise<Exports | undefined> {
  try {
    await add_style(`/${name}.css`);
    const script = `/${name}.js`;  // A bundle of its own: not to be drawn into this one.
    return (await import(script)) as Exports;
  } catch {
    return undefined;
  }
}
