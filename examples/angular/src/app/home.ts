import { Component, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { AuthService } from 'wicketgate/angular';

@Component({
  selector: 'app-home',
  imports: [RouterLink],
  template: `
    <h1>A page for everyone.</h1>
    <p class="lead">This one needs nobody to be anybody. Your account is behind the gate.</p>
    <div class="actions">
      @if (!auth.isSignedIn()) {
        <button class="primary" [disabled]="auth.status() === 'loading'" (click)="auth.login()">Log in</button>
      }
      <a class="button" routerLink="/account">Open account</a>
    </div>
  `,
})
export class Home {
  protected readonly auth = inject(AuthService);
}
