// A bench that fails must not leave its processes behind: they end when it does.
process.on('disconnect', () => process.exit(1));
