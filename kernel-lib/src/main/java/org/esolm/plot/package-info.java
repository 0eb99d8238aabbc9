/**
 * Figures from result rows and losses, drawn by XChart without a display. What is measured is
 * decided elsewhere; how a notebook shows a figure, too.
 */
package org.esolm.plot;
