/** Reads the metrics of a process as Prometheus does. */

/** The metrics of one scrape. */
export class Scrape {
  private constructor(readonly text: string) {}

  /** Reads `/metrics` of a process. @param key sent as a bearer token @throws when the answer is not 200 */
  static async of(url: string, key?: string): Promise<Scrape> {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}/metrics`, { headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${url}/metrics answered ${response.status}: ${text}`);
    return new Scrape(text);
  }

  /** `# HELP` and `# TYPE` of each metric, by name. */
  get described(): Map<string, { help: string; type: string }> {
    const types = new Map([...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
    const helps = [...this.text.matchAll(/^# HELP (\S+) (.+)$/gm)];
    return new Map(helps.map(([, name, help]) => [name!, { help: help!, type: types.get(name!) ?? '' }]));
  }

  /** The sum of a metric's series that have all of these labels; undefined when there is no such series. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    // A line is `NAME VALUE` or `NAME{LABEL="TEXT",…} VALUE`.
    const lines = [...this.text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)];
    const matching = lines.filter(([, metric, labelList = '']) => {
      const found = labelList.split(/,(?=\w+=)/); // a comma within a text is not before `LABEL=`
      return metric === name && wanted.every((label) => found.includes(label));
    });
    if (matching.length === 0) return undefined;
    // The match of a line is: the line, the name, the labels, the value.
    return matching.reduce((sum, [, , , value]) => sum + Number(value), 0);
  }
}
