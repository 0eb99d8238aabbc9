/**
 * The main job: the paper's comparison in small. Every system is trained on one corpus, its
 * likelihood held against the truth, its samples scored, and quality drawn against cost.
 */
package org.esolm.experiments.reproduce;
