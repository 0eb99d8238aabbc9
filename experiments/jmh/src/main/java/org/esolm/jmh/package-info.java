/** The vector kernels one by one. Whole steps are timed by {@code eso bench}. */
package org.esolm.jmh;
