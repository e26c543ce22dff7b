/** A plugin of TypeDoc: leaves the `name` of error classes out, which says what their heading says. */
import { Converter, ReflectionKind } from 'typedoc';

/** Called by TypeDoc. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter(({ name, parent }) => name === 'name' && parent?.name.endsWith('Error'));
    for (const reflection of names) project.removeReflection(reflection);
  });
}
