/**
 * What is measured of models and samples: perplexities and their uncertainty, entropy, the oracle's
 * judgement of samples, the Pareto front, and the row in which a system's numbers travel. Nothing
 * is drawn or trained here.
 */
package org.esolm.metric;
