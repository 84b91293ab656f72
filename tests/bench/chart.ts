import { medianOf, type Result } from "./metrics.ts";

/** What is drawn: the beginning of a row's name, and what bars of it are. */
const PANELS = [
  ["lines, 32 connections", "A line of 64 bytes, 32 connections"],
  ["new connections", "A new connection for one line"],
] as const;

const OURS = "`AsyncTCPServer`";
const WIDTH = 720;
const BARS_X = 230;
const BARS_WIDTH = 410;
const LINE = 24;
const BAR = 16;

// In the middle between black and white, so that each can be read on both.
const TEXT = "#808a94";
const OUR_BAR = "#2f81f7";
const OTHER_BAR = "#9aa4af";

/** Bars of the processor time that servers used, as SVG. */
export function chart(results: Result[]): string {
  let y = 0;
  const parts: string[] = [];
  for (const [begin, title] of PANELS) {
    const bars = barsOf(
      results.filter(({ row }) =>
        row.ours === OURS && row.name.startsWith(begin) && row.by === undefined
      ),
    );
    y += LINE;
    parts.push(
      text(0, y, `${title}: server's CPU, µs (shorter is better)`, 600),
    );
    const longest = Math.max(...bars.map(([, cpu]) => cpu));
    for (const [name, cpu] of bars) {
      y += LINE;
      const length = Math.round(cpu / longest * BARS_WIDTH);
      const color = name === OURS ? OUR_BAR : OTHER_BAR;
      const label = name.replaceAll("`", "");
      const weight = name === OURS ? 600 : 400;
      parts.push(
        text(BARS_X - 10, y, label, weight, "end"),
        `<rect x="${BARS_X}" y="${
          y - 13
        }" width="${length}" height="${BAR}" rx="2" fill="${color}"/>`,
        text(BARS_X + length + 8, y, cpu.toPrecision(3), weight),
      );
    }
    y += LINE;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" \
width="${WIDTH}" height="${y}" role="img" font-size="13" \
font-family="system-ui, sans-serif" fill="${TEXT}">
<title>Processor time that servers use for a request</title>
${parts.join("\n")}
</svg>
`;
}

/** Each server and its processor time, the shortest first. */
function barsOf(results: Result[]): [name: string, cpu: number][] {
  const bars = new Map<string, number>();
  for (const { row, missing, ours, theirs } of results) {
    if (missing !== undefined) continue;
    bars.set(row.ours, medianOf(ours, "cpu")!);
    bars.set(row.against, medianOf(theirs, "cpu")!);
  }
  return [...bars].sort(([, a], [, b]) => a - b);
}

function text(
  x: number,
  y: number,
  words: string,
  weight: number,
  anchor = "start",
): string {
  return `<text x="${x}" y="${y}" font-weight="${weight}" text-anchor="${anchor}">${words}</text>`;
}
