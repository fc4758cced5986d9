// Its packages are those of the checkout, behind a link.
export default { turbopack: { root: '/' } }
