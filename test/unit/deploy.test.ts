/**
 * Checks the files of deploy/ for Prometheus with promtool. test/e2e/operator-figures.test.ts checks that their metrics
 * exist.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithPromtool, promtool } from '../support/system/promtool.js';

interface Dashboard {
  panels: { targets?: { expr: string }[] }[];
}

const DEPLOY = join(__dirname, '../../deploy');

describeWithPromtool('the files for Prometheus', () => {
  it('are a valid configuration and valid rules', () => {
    promtool(['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: DEPLOY });
    promtool(['check', 'rules', 'alerts.yml'], { cwd: DEPLOY });
  });

  it('have a dashboard with valid queries', () => {
    const { panels } = JSON.parse(readFileSync(join(DEPLOY, 'grafana/barkeep.json'), 'utf8')) as Dashboard;
    const queries = panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m')),
    );
    // Otherwise the search for queries above has failed.
    expect(queries.length).toBeGreaterThan(30);
    // promtool checks no single queries, so each becomes a rule.
    const rules = queries.map((expr, i) => ({ record: `query${i}`, expr }));
    const folder = mkdtempSync(join(tmpdir(), 'barkeep-dashboard-'));
    try {
      writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
      promtool(['check', 'rules', 'rules.yml'], { cwd: folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('alert when a session waits, a job is old, quality falls, or a worker is down', () => {
    promtool(['test', 'rules', 'alerts.test.yml'], { cwd: DEPLOY });
  });
});
