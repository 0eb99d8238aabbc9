/**
 * Random numbers that depend on what they are for, not on when they are drawn: the same seed gives
 * the same samples whatever the batch size, the number of threads or a resume in between.
 * Distributions that belong to the paper live with the things they describe, not here.
 */
package org.esolm.random;
