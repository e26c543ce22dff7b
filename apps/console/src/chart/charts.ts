/** The used parts of the chart library. This module is loaded with the first chart, so the bundler puts the library into a second file. */
export { CandlestickSeries, createChart, HistogramSeries } from 'lightweight-charts';
