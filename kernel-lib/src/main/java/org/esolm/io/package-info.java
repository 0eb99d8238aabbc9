/**
 * Files: written whole or not at all, and the tensor formats of checkpoints. What the numbers in
 * them mean is not known here.
 */
package org.esolm.io;
