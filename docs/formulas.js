// Formulas in the API pages: TeX between \( and \) becomes MathML, which browsers draw without fonts of ours.
document.addEventListener('DOMContentLoaded', () =>
  renderMathInElement(document.body, {
    delimiters: [{left: '\\(', right: '\\)', display: false}],
    output: 'mathml',
    throwOnError: false,
  }));
