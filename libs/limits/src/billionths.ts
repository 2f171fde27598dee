const digits = 9;
const wholeDigitsOfNumber = 6;
const most = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * An amount of money, as decimal text, in billionths of its currency: a whole number that can be added without an error.
 * What is finer is rounded up, so that no number of calls is free; what is more than 9,007,199 units is that.
 */
export function billionthsOf(amount: string): number {
  const [whole = '0', fraction = ''] = amount.split('.');
  // So many digits a number holds exactly, and reads four times as fast.
  if (whole.length <= wholeDigitsOfNumber && fraction.length <= digits)
    return Number(whole + fraction.padEnd(digits, '0'));
  const kept = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  const units = /[1-9]/u.test(fraction.slice(digits)) ? kept + 1n : kept;
  return Number(units < most ? units : most);
}

/** Billionths as decimal text, without zeros at its end. */
export function moneyText(billionths: number): string {
  const text = String(billionths).padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/u, '');
  const whole = text.slice(0, -digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
