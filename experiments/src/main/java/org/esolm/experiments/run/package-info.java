/**
 * The run directory, one experiment's whole record: its configuration, where it came from, its
 * numbers and how it ended. What is run is not known here.
 */
package org.esolm.experiments.run;
