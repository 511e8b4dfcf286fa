// What a page leaves behind when it is hidden for good or loaded again, and the next page in the
// same tab finds: with it a player comes back to its seat. Not there in between, so that a second
// tab made of this one does not find it and push this one out.
export class KeptKey {
  constructor(private readonly name: string) {}

  keep(key: Uint8Array): void {
    if (key.length === 0) return;
    this.with_storage((storage) => storage.setItem(this.name, btoa(String.fromCharCode(...key))));
  }

  // Once only. Empty if there is none.
  take(): Uint8Array {
    const text = this.with_storage((storage) => {
      const kept = storage.getItem(this.name);
      storage.removeItem(this.name);
      return kept;
    });
    return Uint8Array.from(atob(text ?? ''), (letter) => letter.charCodeAt(0));
  }

  // Who forbids pages to keep anything plays all the same.
  private with_storage<T>(use: (storage: Storage) => T): T | undefined {
    try {
      return use(sessionStorage);
    } catch {
      return undefined;
    }
  }
}
