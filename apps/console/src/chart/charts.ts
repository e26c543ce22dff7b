/** The parts of the chart library that are used. They are imported when the first chart opens, so the bundler puts them into a second file. */
export { CandlestickSeries, createChart, HistogramSeries } from 'lightweight-charts';
