/** The files of deploy/ for Prometheus, checked by its own program. test/e2e/operator-figures.test.ts checks their metrics. */
import { join } from 'node:path';
import { describeWithPromtool, promtool } from '../support/promtool.js';

const DEPLOY = join(__dirname, '../../deploy');

describeWithPromtool('the files for Prometheus', () => {
  it('are a configuration and rules that it accepts', () => {
    promtool(['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: DEPLOY });
    promtool(['check', 'rules', 'alerts.yml'], { cwd: DEPLOY });
  });

  it('alert when a session waits, a job is old, quality falls, or a worker is gone', () => {
    promtool(['test', 'rules', 'alerts.test.yml'], { cwd: DEPLOY });
  });
});
