// Elements made from data: text is always set as text.

/** `properties`: attributes; those that begin with `on` are listeners. Children: nodes or text. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** The parts of a sentence; what comes from the logs has a direction of its own. */
export function sentence(parts) {
  return parts.map((part) => (typeof part === 'string' ? part : element('bdi', {}, part.data)));
}
