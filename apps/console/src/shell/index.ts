/** What every page stands in: templates, address, resources, dialogs, short messages. */
export { Dialog } from './dialog.js';
export { html, onValue } from './html.js';
export { goTo, takeOverLinks, useLocation, useQuery } from './location.js';
export { EmptyPanel, Failure, StateBadge } from './message.js';
export { useResource, useThrottle, useTicks, type Resource } from './resource.js';
