/**
 * Checks the manifests of deploy/kubernetes: the schemas of Kubernetes accept them, they agree with docker-compose.yml,
 * and they scale by a metric that the coordinator has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Secret, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'deploy/kubernetes');
/** The kinds of Kubernetes itself. The manifests also have a ScaledObject, which is a kind of KEDA. */
const MODELS = { Deployment, PodDisruptionBudget, Secret, Service };

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}
interface PodContainer {
  image: string;
  command: string[];
  env: { name: string; value: string }[];
  ports: { containerPort: number }[];
  livenessProbe: object;
  readinessProbe: object;
  securityContext: object;
}

const MANIFESTS = readdirSync(FOLDER).flatMap((file) => {
  const documents = parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'));
  return documents.map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join('; ')}`);
    return document.toJS() as Manifest;
  });
});
const isModel = (kind: string): kind is keyof typeof MODELS => Object.hasOwn(MODELS, kind);

/** Checks a manifest with the schema of its kind. @throws when the schema does not accept it */
function validate(manifest: Manifest): void {
  if (!isModel(manifest.kind))
    throw new Error(`expected one of ${Object.keys(MODELS).join(', ')}, was ${manifest.kind}`);
  const model = new MODELS[manifest.kind](manifest as never);
  expect(model.apiVersion).toBe(manifest.apiVersion);
  model.validate();
}

/** The manifest with this kind and name. @throws when there is none */
function named(kind: string, name: string): Manifest {
  const manifest = MANIFESTS.find((other) => other.kind === kind && other.metadata.name === name);
  if (manifest === undefined) throw new Error(`expected a ${kind} ${name}, was none`);
  return manifest;
}

/** The container of a Deployment. */
function containerOf(name: string): PodContainer {
  const { template } = named('Deployment', name).spec as { template: { spec: { containers: [PodContainer] } } };
  return template.spec.containers[0];
}

describe('the manifests for Kubernetes', () => {
  it('are valid by its schemas', () => {
    const manifests = MANIFESTS.filter(({ kind }) => kind !== 'ScaledObject');
    const kinds = ['Deployment', 'Deployment', 'PodDisruptionBudget', 'PodDisruptionBudget', 'Secret', 'Service'];
    expect(manifests.map(({ kind }) => kind).sort()).toEqual(kinds);
    for (const manifest of manifests) validate(manifest);
  });

  it('are refused with a value of a wrong type', () => {
    const manifest = named('Deployment', 'barkeep-coordinator');
    expect(() => validate({ ...manifest, spec: { ...manifest.spec, replicas: 'two' } })).toThrow(/replicas/);
  });

  // The name of a Deployment, its app, its service in docker-compose.yml, and the variable of its port.
  it.each([
    ['barkeep-coordinator', 'coordinator', 'coordinator-1', 'BARKEEP_PORT'],
    ['barkeep-upkeep-worker', 'upkeep-worker', 'upkeep-worker', 'BARKEEP_WORKER_PORT'],
  ])(
    '%s runs the image of docker-compose.yml without privileges, with probes and a disruption budget',
    (name, app, composeService, portVariable) => {
      const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
        services: Record<string, { image: string }>;
      };
      const container = containerOf(name);
      expect(container.image).toBe(compose.services[composeService]!.image);
      expect(container.command).toEqual(['node', `apps/${app}/dist/main.js`]);
      const port = container.env.find((variable) => variable.name === portVariable)?.value;
      expect(port).toBe(String(container.ports[0]!.containerPort));
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const probe of [container.livenessProbe, container.readinessProbe])
        expect(probe).toMatchObject({ httpGet: { path: '/health/live' } });
      expect(named('PodDisruptionBudget', name)).toBeDefined();
    },
  );

  it('scale the workers by a metric that the coordinator has', () => {
    const { apiVersion, spec } = named('ScaledObject', 'barkeep-upkeep-worker');
    expect(apiVersion).toBe('keda.sh/v1alpha1');
    expect(spec['scaleTargetRef']).toEqual({ name: 'barkeep-upkeep-worker' });
    const triggers = spec['triggers'] as { type: string; metadata: { query: string; threshold: string } }[];
    expect(triggers.map(({ type }) => type)).toEqual(['prometheus']);
    const { query, threshold } = triggers[0]!.metadata;
    expect(Number(threshold)).toBeGreaterThan(0);
    const metric = /barkeep_\w+/.exec(query)![0];
    expect(readFileSync(join(ROOT, 'apps/coordinator/src/figures/queue-metrics.ts'), 'utf8')).toContain(`'${metric}'`);
  });
});
