/** The files of deploy/ for Prometheus, checked by its own program. test/e2e/operator-figures.test.ts checks their metrics. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithPromtool, promtool } from '../support/system/promtool.js';

interface Dashboard {
  panels: { targets?: { expr: string }[] }[];
}

const DEPLOY = join(__dirname, '../../deploy');

describeWithPromtool('the files for Prometheus', () => {
  it('are a configuration and rules that it accepts', () => {
    promtool(['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: DEPLOY });
    promtool(['check', 'rules', 'alerts.yml'], { cwd: DEPLOY });
  });

  it('draw figures by queries that it accepts', () => {
    const { panels } = JSON.parse(readFileSync(join(DEPLOY, 'grafana/barkeep.json'), 'utf8')) as Dashboard;
    const queries = panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')),
    );
    expect(queries.length).toBeGreaterThan(30);
    const rules = queries.map((expr, i) => ({ record: `query${i}`, expr }));
    const folder = mkdtempSync(join(tmpdir(), 'barkeep-dashboard-'));
    try {
      writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      promtool(['check', 'rules', 'rules.yml'], { cwd: folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('alert when a session waits, a job is old, quality falls, or a worker is gone', () => {
    promtool(['test', 'rules', 'alerts.test.yml'], { cwd: DEPLOY });
  });
});
