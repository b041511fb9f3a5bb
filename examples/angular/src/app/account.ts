import { Component, inject, signal } from '@angular/core';
import { AuthService } from 'wicketgate/angular';

import { whoAmI, type User } from './config';

@Component({
  selector: 'app-account',
  template: `
    @let session = auth.session();
    <section id="account">
      <h1>Hello{{ user().name && ', ' + user().name }}.</h1>
      <dl>
        <div><dt>E-mail</dt><dd>{{ user().email ?? '…' }}</dd></div>
        @if (session.scope) {
          <div><dt>Scope</dt><dd>{{ session.scope }}</dd></div>
        }
        @if (session.expiresAt) {
          <div><dt>Token expires</dt><dd id="expires">{{ time(session.expiresAt) }}</dd></div>
        }
      </dl>
      <div class="actions">
        @if (session.tokenType) {
          <button (click)="auth.accessToken({ forceRefresh: true })">Renew</button>
        }
        <button class="primary" (click)="auth.logout()">Log out</button>
      </div>
    </section>
  `,
})
export class Account {
  protected readonly auth = inject(AuthService);
  protected readonly user = signal<User>({});

  constructor() {
    whoAmI(this.auth).then((user) => this.user.set(user), console.error);
  }

  protected time(seconds: number): string {
    return new Date(seconds * 1000).toLocaleTimeString();
  }
}
