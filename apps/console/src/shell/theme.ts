/** Light and dark colours: the page follows the setting of the device, and is light on paper. A drawing on a canvas must be made again. */
import { useEffect, useState } from 'preact/hooks';

/**
 * Renders the component again when the colours change between light and dark.
 * @returns an object that is new after each change: let an effect depend on it
 */
export function useTheme(): object {
  const [theme, setTheme] = useState({});
  useEffect(() => {
    const dark = matchMedia('screen and (prefers-color-scheme: dark)');
    const noteChange = () => setTheme({});
    dark.addEventListener('change', noteChange);
    return () => dark.removeEventListener('change', noteChange);
  }, []);
  return theme;
}
