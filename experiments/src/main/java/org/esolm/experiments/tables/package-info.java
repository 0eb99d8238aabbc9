/**
 * The paper's tables in small: each is trained, measured and printed with the paper's numbers
 * beside. Quality of samples against cost is in {@code reproduce}.
 */
package org.esolm.experiments.tables;
