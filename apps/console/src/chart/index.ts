/** Charts of bars. */
export { CandleChart } from './candle-chart.js';
