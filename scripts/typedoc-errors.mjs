/** A TypeDoc plugin that leaves out the `name` field of error classes, which repeats the heading of their page. */
import { Converter, ReflectionKind } from 'typedoc';

/** Registers the plugin. TypeDoc calls this export by its name. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const names = project
      .getReflectionsByKind(ReflectionKind.Property)
      .filter(({ name, parent }) => name === 'name' && parent?.name.endsWith('Error'));
    for (const reflection of names) project.removeReflection(reflection);
  });
}
