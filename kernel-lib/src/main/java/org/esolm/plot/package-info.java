/**
 * Figures from result rows, losses, other numbers and matrices, drawn by XChart without a display.
 * What is measured is decided elsewhere.
 */
package org.esolm.plot;
