/**
 * The command line: which sub-commands there are, and how they tell what went wrong. What they do
 * stands in {@code command}.
 */
package org.esolm.experiments;
