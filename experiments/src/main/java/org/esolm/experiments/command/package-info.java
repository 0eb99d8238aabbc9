/** The sub-commands, one class each: arguments in, library calls, one report out. */
package org.esolm.experiments.command;
