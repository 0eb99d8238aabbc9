/**
 * Finding Jupyter, or setting it up, and running the notebooks with it. The Java kernel that they
 * run in is the library's.
 */
package org.esolm.experiments.jupyter;
