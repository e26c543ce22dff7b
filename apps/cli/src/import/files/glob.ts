/** Glob patterns as regular expressions. Pure. */

/** Converts a glob for the whole path: `*` and `?` match within a folder, `**` across folders, `{a,b}` either one. */
export function globPattern(glob: string): RegExp {
  let source = '';
  let braces = 0;
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    const classEnd = char === '[' ? glob.indexOf(']', at + 2) : -1;
    if (glob.startsWith('**/', at)) {
      source += '(?:.*/)?';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (classEnd > 0) {
      source += `[${glob
        .slice(at + 1, classEnd)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\')}]`;
      at = classEnd;
    } else if (char === '{' && glob.indexOf('}', at) > 0) {
      source += '(?:';
      braces++;
    } else if (char === '}' && braces > 0) {
      source += ')';
      braces--;
    } else if (char === ',' && braces > 0) source += '|';
    else source += char.replace(/[.+^$()|[\]\\{}]/g, '\\$&');
  }
  return new RegExp(`^${source}$`);
}
