/** Stands for the library of units, which is larger than all else together: the logic has no quantity, so none is met. */

exports.UcumLhcUtils = {
  getInstance: () =>
    new Proxy(
      {},
      {
        get(_, name) {
          throw new Error(`units are not on this page, and ${String(name)} was asked of them`);
        },
      },
    ),
};
