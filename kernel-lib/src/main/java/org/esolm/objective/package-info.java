/**
 * What each system asks of the transformer in training, and what its likelihood bound asks: a clean
 * batch and a source of chance become one {@link org.esolm.model.Pass}. Nothing but the pass
 * differs between the systems.
 */
package org.esolm.objective;
