/**
 * Configurations: YAML files bound strictly to records. What the records mean is not known here.
 */
package org.esolm.experiments.config;
