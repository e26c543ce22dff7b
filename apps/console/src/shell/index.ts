/** What every page uses: templates, the address, answers of the API, dialogs and error messages. */
export { button, Choice, Dialog, EmptyPanel, Failure, html, onValue, StateBadge, stateName } from './elements.js';
export { goTo, takeOverLinks, useLocation, useQuery } from './location.js';
export { useResource, useThrottle, useTicks } from './resource.js';
export { useTheme } from './theme.js';
