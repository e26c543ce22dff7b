export default { id: 's4-minute-windows', title: '', unit: '', prepare() {} };
