/**
 * How the library's values look in a notebook: samples with the order in which they were denoised,
 * arrays, attention patterns, lists of results, a loss while it falls. Figures look after
 * themselves ({@link org.esolm.plot}); what a notebook can show at all is {@link
 * org.esolm.notebook}'s.
 */
package org.esolm.view;
