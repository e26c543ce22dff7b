/** The repository `vendor`, as a user writes it: asks an HTTP server for the bars of a symbol. */
export const vendor = {
  async getBars({ symbol, start, end }) {
    const query = new URLSearchParams({ symbol, start: start.getTime(), end: end.getTime() });
    const response = await fetch(`${process.env.LAB_VENDOR_URL}?${query}`);
    if (!response.ok) throw new Error(`the vendor answered ${response.status}`);
    return response.json();
  },
};
