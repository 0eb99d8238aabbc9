/**
 * Training: optimizer, learning-rate schedule, average of the weights, the loop and its
 * checkpoints. Which system is trained is decided by the objective.
 */
package org.esolm.train;
