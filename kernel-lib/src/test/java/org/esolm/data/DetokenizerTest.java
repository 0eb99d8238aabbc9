package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DetokenizerTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "WIKITEXT | It is 3 @.@ 5 m , well @-@ known ; see ( here ) . | It is 3.5 m, well-known; see (here) .",
        "WIKITEXT | the banks ' $ N and \" so on \" | the banks' $ 1 and \"so on\"",
        "WIKITEXT | = = Early = = | == Early ==",
        "PTB      | it 's $ N N N and <unk> does n't | it's $1 1 1 and ? doesn't",
        "LM1B     | He said : \" go \" , at http : / / x.org . | He said: \"go\", at http://x.org .",
        "LM1B     | Why ( not ) ? | Why (not)?",
        "LM1B     | the dogs 'll eat $ 3 . | the dogs'll eat $3.",
        "SCIENTIFIC_PAPERS | a [ 3 ] , \" b \" . | a [3], \"b\" .",
      })
  void asTheReleasedCode(Detokenizer by, String text, String expected) {
    assertThat(by.apply(text)).isEqualTo(expected);
  }

  @Test
  void lambadaStartsALine() {
    assertThat(Detokenizer.LAMBADA.apply(" \u00a0“So,” he said.\u2003\n"))
        .isEqualTo("\n\"So,\" he said.");
  }

  /** Python's letters and white space are those of Unicode, its $ stands before a line feed too. */
  @Test
  void expressionsMeanWhatPythonsMean() {
    assertThat(Detokenizer.LM1B.apply("l 'été ici .\n")).isEqualTo("l'été ici.\n");
    assertThat(Detokenizer.LM1B.apply("l 'été ici .\r")).isEqualTo("l'été ici .\r");
    assertThat(Detokenizer.WIKITEXT.apply("(\u00a0x\u3000)")).isEqualTo("(x)");
  }
}
