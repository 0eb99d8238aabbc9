/**
 * The front for notebook cells: corpora, training and trained runs without checked exceptions and
 * without anything to close. What a run is, is written in its folder; nothing is kept in this
 * process that a cell which is run twice could lose.
 */
package org.esolm.experiments.lab;
