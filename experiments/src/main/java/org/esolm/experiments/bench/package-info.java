/**
 * What is measured of speed, and how it becomes tables: the comparison with another program,
 * seconds against length, cost against size. What is timed lives in the library and in {@code eso
 * bench}.
 */
package org.esolm.experiments.bench;
