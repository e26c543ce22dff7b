/** What every page stands in: templates, address, resources, dialogs, short messages. */
export { Choice, Dialog, EmptyPanel, Failure, html, onValue, StateBadge } from './elements.js';
export { goTo, takeOverLinks, useLocation, useQuery } from './location.js';
export { useResource, useThrottle, useTicks, type Resource } from './resource.js';
