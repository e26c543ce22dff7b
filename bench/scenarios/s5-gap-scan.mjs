export default { id: 's5-gap-scan', title: '', unit: '', prepare() {} };
