export default { id: 's6-aggregation', title: '', unit: '', prepare() {} };
