import { wrapped } from './output.js';

it('prose is wrapped at spaces, and an indented command stays on one line', () => {
  const width = 40;
  const command = `  barkeep ${'x'.repeat(90)}`;
  const prose = Array.from({ length: 40 }, () => 'word').join(' ');
  const text = wrapped(`${prose}\nend.\n\n${command}\nshort`, width);
  expect(text.split('\n').filter((line) => line.length > width)).toEqual([command]);
  expect(text.replace(/\n/g, ' ')).toBe(`${prose} end.  ${command} short`);
});
