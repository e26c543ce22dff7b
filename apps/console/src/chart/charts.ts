/** The parts of the chart library that the console uses. The bundler puts them into a separate file, loaded with the first chart. */
export { CandlestickSeries, createChart, HistogramSeries } from 'lightweight-charts';
