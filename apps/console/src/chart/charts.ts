/** What is used of the library of charts. It is imported when the first chart opens, so the bundler makes a second file of it. */
export { CandlestickSeries, createChart, HistogramSeries } from 'lightweight-charts';
